# -*- coding: latin-1 -*-
é = "\N{DIGIT ONE}\x41" 'b' rb"c"
x = (yield)

y = 1_000 if x else ...
