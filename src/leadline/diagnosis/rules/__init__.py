"""One fault per file: the file's name is the fault's name, its docstring the fault's page. See the engine."""
