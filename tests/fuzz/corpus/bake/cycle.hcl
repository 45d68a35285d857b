target "a" {
  inherits = ["b", "a"]
}
target "b" {
  inherits = ["a"]
}
