x = 1  # k8slint: ignore[a-rule] why
# k8slint: ignore[]
import a.b.c as d, e; from x import *
"""
# k8slint: ignore[b]
"""
