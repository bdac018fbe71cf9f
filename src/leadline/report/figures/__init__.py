"""The pictures of the report: small functions that each return one SVG with a title and a description."""
