"""The rules that come with k8slint."""
