"""What helm is asked for and given, what becomes of its output, and when it is not run."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slint import helm
from k8slint.cli import cli

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  containers:
  - name: web
    image: shop:1
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
"""
POD = """\
---
# Source: shop/templates/pod.yaml
apiVersion: v1
kind: Pod
metadata:
  name: shop
spec:
  containers:
  - name: web
    image: shop:1
"""
FILLED = "    resources: {limits: {memory: 1Gi, cpu: 1}, requests: {memory: 1Gi, cpu: 1}}\n"


class Shop:
    """A chart, and a program called helm that is first on the PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree, self.bin = folder / "tree", folder / "bin"
        self.bin.mkdir()
        self.tree.mkdir()
        self._patch = monkeypatch
        monkeypatch.chdir(self.tree)
        monkeypatch.setenv("PATH", f"{self.bin}{os.pathsep}{os.environ['PATH']}")
        self.write("chart/Chart.yaml", CHART)
        self.write("chart/values.yaml", "name: shop\nresources: {}\n")
        self.write("chart/templates/pod.yaml", TEMPLATE)

    def write(self, path: str, text: str) -> None:
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def helm(self, program: str) -> None:
        """Make helm a Python program; it may use ``arguments`` and ``environment``."""
        file = self.bin / "helm"
        head = "import os, sys, time\narguments, environment = sys.argv[1:], dict(os.environ)\n"
        head += "if '--help' in arguments:\n    sys.exit(0)\n"
        file.write_text(f"#!{sys.executable}\n{head}{program}\n")
        file.chmod(0o755)

    def scan(self, *options: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["scan", ".", "--format", "concise", *options], standalone_mode=False)
        return (result.return_value if result.exception is None else 2), result.output + str(result.exception or "")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, monkeypatch)


class TestAsked:
    def test_helm_is_not_run_unless_asked_for(self, shop: Shop) -> None:
        shop.helm(f"open({str(shop.tree / 'ran')!r}, 'w')")
        shop.scan()
        assert not (shop.tree / "ran").exists()

    def test_values_without_helm_are_a_mistake(self, shop: Shop) -> None:
        shop.write("values/prod.yaml", "")
        code, said = shop.scan("--helm-values", "values/prod.yaml")
        assert code == 2
        assert "--helm-values goes with --helm" in said

    def test_no_helm_is_said(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(shop.bin))
        code, said = shop.scan("--helm")
        assert code == 2
        assert "not on the PATH" in said

    def test_a_helm_of_the_linted_tree_is_not_run(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.helm("print('hello')")
        shutil.copy(shop.bin / "helm", shop.tree / "helm")
        monkeypatch.setenv("PATH", str(shop.tree))
        code, said = shop.scan("--helm")
        assert code == 2
        assert "belongs to the linted files" in said


class TestRun:
    def test_arguments_and_environment_are_small_and_its_own(
        self, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KUBECONFIG", "/home/user/.kube/config")
        monkeypatch.setenv("SECRET", "secret")
        seen = tmp_path / "seen.json"
        shop.helm(f"import json; json.dump([arguments, environment, os.getcwd()], open({str(seen)!r}, 'w'))")
        shop.write("values/prod.yaml", "")
        shop.scan("--helm", "--helm-values", "values/prod.yaml")
        arguments, environment, folder = json.loads(seen.read_text())
        chart, values = str(shop.tree / "chart"), str(shop.tree / "values/prod.yaml")
        assert arguments == ["template", "release-name", chart, "--skip-tests", "--values", values]
        assert "SECRET" not in environment
        assert all(environment[name].startswith(folder) for name in ("HOME", "KUBECONFIG", "HELM_CACHE_HOME"))
        assert environment["HTTPS_PROXY"].startswith("http://127.0.0.1")
        assert not Path(folder).exists()

    def test_its_last_line_says_why_it_failed(self, shop: Shop) -> None:
        shop.helm("sys.stderr.write('walk.go: noise\\nError: values are wrong\\n'); sys.exit(1)")
        code, said = shop.scan("--helm")
        assert code == 2
        assert "chart/Chart.yaml:1:1: helm template made nothing of this chart: Error: values are wrong" in said

    def test_inspect_says_so_too(self, shop: Shop) -> None:
        shop.helm("sys.exit('Error: values are wrong')")
        result = CliRunner().invoke(cli, ["inspect", ".", "--helm"])
        assert result.exit_code == 2
        assert "Error: values are wrong" in result.output

    def test_it_is_ended_after_a_while(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(helm, "_SECONDS", 1)
        shop.helm("time.sleep(600)")
        code, said = shop.scan("--helm")
        assert code == 2
        assert "takes more than 1 seconds" in said

    def test_its_output_has_an_end(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(helm, "_MOST_OUTPUT", 1024**2)
        shop.helm("while True: print('x' * 10_000)")
        code, said = shop.scan("--helm")
        assert code == 2
        assert "writes more than 1 MiB" in said

    def test_a_chart_with_a_link_out_of_the_tree_is_refused(self, shop: Shop, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        (shop.tree / "chart/files").mkdir()
        (shop.tree / "chart/files/secret").symlink_to(tmp_path / "secret")
        shop.helm(f"open({str(shop.tree / 'ran')!r}, 'w')")
        code, said = shop.scan("--helm")
        assert code == 2
        assert "the link 'files/secret' leads out of the linted files" in said
        assert not (shop.tree / "ran").exists()

    def test_a_library_and_a_subchart_are_not_rendered_alone(self, shop: Shop, tmp_path: Path) -> None:
        shop.write("library/Chart.yaml", CHART + "type: library\n")
        shop.write("chart/charts/redis/Chart.yaml", CHART)
        shop.helm(f"open({str(tmp_path / 'ran')!r}, 'a').write(arguments[2] + '\\n')")
        shop.scan("--helm")
        assert (tmp_path / "ran").read_text().splitlines() == [str(shop.tree / "chart")]


class TestPlaces:
    def test_a_default_is_found_at_its_line_of_the_values(self, shop: Shop) -> None:
        shop.helm(f"print({POD + '    resources: {}'!r})")
        code, said = shop.scan("--helm")
        assert code == 1
        assert said.startswith("chart/values.yaml:2:12: warning requests-limits-missing")

    def test_what_helm_fills_in_counts(self, shop: Shop) -> None:
        shop.helm(f"print({POD + FILLED!r})")
        assert "requests-limits-missing" not in shop.scan("--helm")[1]

    def test_another_value_than_the_one_that_was_read_is_placed_at_the_template(self, shop: Shop) -> None:
        shop.write("chart/templates/pod.yaml", '{{- range .Files.Lines "pods" }}\n{{ . }}\n{{- end }}\n')
        shop.helm(f"print({POD!r})")
        _, said = shop.scan("--helm")
        assert said.startswith("chart/templates/pod.yaml:1:1: warning requests-limits-missing")
        assert "of a line of the template that is not known" in said

    def test_a_third_partys_subchart_is_not_judged(self, shop: Shop) -> None:
        redis = POD.replace("shop/templates", "shop/charts/redis/templates").replace("name: shop", "name: redis")
        shop.helm(f"print({POD + FILLED + redis!r})")
        assert "redis" not in shop.scan("--helm")[1]


@pytest.mark.skipif(shutil.which("helm") is None, reason="there is no helm on the PATH")
class TestRealHelm:
    def test_values_of_the_user_mend_a_fault(self, shop: Shop) -> None:
        limits = "resources: {limits: {memory: 1Gi, cpu: 1}, requests: {memory: 1Gi, cpu: 1}}\n"
        shop.write("values/prod.yaml", limits)
        assert shop.scan("--helm")[1].startswith("chart/values.yaml:2:12: warning requests-limits-missing")
        assert "requests-limits-missing" not in shop.scan("--helm", "--helm-values", "values/prod.yaml")[1]

    def test_a_schema_is_not_followed_out_of_the_chart(self, shop: Shop) -> None:
        shop.write("chart/values.schema.json", '{"$ref": "http://192.0.2.1/schema.json"}')
        code, said = shop.scan("--helm")
        assert code in (1, 2)
        assert "requests-limits-missing" in said
