import sys

for path in sys.argv[1:]:
    print("importing", path)
