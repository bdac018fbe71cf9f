from .document import page as page
from .document import write as write
