variable "TAG" { default = "1" }
group "default" { targets = ["web"] }
target "base" {
  context = "."
  args = { A = "b" }
}
target "web" {
  inherits = ["base"]
  dockerfile = "Dockerfile" # comment
  tags = ["shop/web:${TAG}"]
  target = "final"
}
