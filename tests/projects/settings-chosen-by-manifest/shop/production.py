from .settings import *

LOGGING = {"version": 1}
