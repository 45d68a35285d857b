"""The environment variables of a program: the image's, then envFrom, then env, then what entry scripts set."""

from __future__ import annotations

import pytest

from builders import image, pod, state, workload, workloads
from k8slint.fact import Fact
from k8slint.workload.workload import Workload

PYTHON = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"
CMD = 'CMD ["python", "app.py"]\n'


def config_map(name: str, data: str, namespace: str = "") -> str:
    metadata = f"{{name: {name}, namespace: {namespace}}}" if namespace else f"{{name: {name}}}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{{data}}}\n"


def fact(one: Workload, name: str = "MODE") -> Fact[str]:
    processes = one.processes.or_else(())
    return one.environment.get(name, processes[0] if processes else None)


def mode(one: Workload, name: str = "MODE") -> str:
    """The value of the variable, else ``<absent>`` or ``<unknown>``."""
    found = fact(one, name)
    return found.value if found.is_known else f"<{state(found)}>"


def deployed(fields: str, dockerfile: str = PYTHON + "ENV MODE=image\n" + CMD, **files: str) -> Workload:
    return workload({"Dockerfile": dockerfile, "pod.yaml": pod(fields), **files})


def scripted(script: str, fields: str | None = None) -> Workload:
    """The workload whose image starts ``run.sh``, deployed with ``fields`` if there are any."""
    files = {"Dockerfile": PYTHON + 'CMD ["./run.sh"]\n', "app.py": "", "run.sh": f"#!/bin/sh\n{script}\n"}
    return workload(files if fields is None else {**files, "pod.yaml": pod(fields)})


class TestOrder:
    ENV_FROM = "envFrom: [{configMapRef: {name: settings}}]\n"
    ENV = "env: [{name: MODE, value: pod}]\n"

    def test_env_is_over_env_from_is_over_the_image(self) -> None:
        settings = {"settings.yaml": config_map("settings", "MODE: map")}
        assert mode(deployed("")) == "image"
        assert mode(deployed(self.ENV_FROM, **settings)) == "map"
        assert mode(deployed(self.ENV_FROM + self.ENV, **settings)) == "pod"

    def test_the_last_of_a_list_wins(self) -> None:
        assert mode(deployed("env: [{name: MODE, value: one}, {name: MODE, value: two}]")) == "two"
        both = "envFrom: [{configMapRef: {name: one}}, {configMapRef: {name: two}}]"
        maps = {"one.yaml": config_map("one", "MODE: one"), "two.yaml": config_map("two", "MODE: two")}
        assert mode(deployed(both, **maps)) == "two"

    def test_the_place_is_that_of_the_setting_that_wins(self) -> None:
        (place,) = fact(deployed(self.ENV)).places
        assert (place.location.path, place.location.line, place.location.column) == ("pod.yaml", 8, 18)
        (place,) = fact(deployed("")).places
        assert (str(place.location), place.note) == ("Dockerfile:4:5", "ENV MODE")

    def test_a_variable_that_nobody_sets_is_absent(self) -> None:
        assert mode(deployed("", PYTHON + CMD)) == "<absent>"
        assert mode(image(PYTHON + CMD)) == "<absent>"


class TestEnvFrom:
    SETTINGS = "envFrom: [{configMapRef: {name: settings}}]"

    def test_a_config_map_that_is_not_in_the_repository_may_set_anything(self) -> None:
        assert mode(deployed(self.SETTINGS)) == "<unknown>"
        assert mode(deployed(self.SETTINGS, PYTHON + CMD)) == "<unknown>"
        assert fact(deployed(self.SETTINGS)).reason == "envFrom configMap settings is not in the repository"

    def test_so_may_a_secret(self) -> None:
        assert mode(deployed("envFrom: [{secretRef: {name: settings}}]")) == "<unknown>"

    def test_a_secret_in_the_repository_tells_which_variables_it_sets(self) -> None:
        source = "envFrom: [{secretRef: {name: passwords}}]"
        secret = (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: passwords}\nstringData: {TOKEN: a}\ndata: {KEY: Yg==}\n"
        )
        one = deployed(source, **{"secret.yaml": secret})
        assert [mode(one, name) for name in ("MODE", "TOKEN", "KEY", "OTHER")] == [
            "image",
            "<unknown>",
            "<unknown>",
            "<absent>",
        ]
        for open_ in (
            {"secret.example.yaml": secret},
            {"secret.yaml": secret.replace("stringData: {TOKEN: a}", "stringData: {{ toYaml .Values.secrets }}")},
            {"secret.yaml": secret, "vault.yaml": secret.replace("kind: Secret", "kind: ExternalSecret")},
            {"secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: passwords}\n"},
        ):
            assert mode(deployed(source, **open_)) == "<unknown>"

    def test_what_a_chart_has_and_its_values_leave_out_sets_nothing(self) -> None:
        template = (
            "{{- if .Values.secrets }}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-more\n"
            "stringData: {{ toYaml .Values.secrets | nindent 2 }}\n{{- end }}\n"
        )
        source = "envFrom: [{secretRef: {name: '{{ .Release.Name }}-more', optional: %s}}]"

        def found(optional: str, values: str) -> str:
            chart = {
                "Dockerfile": PYTHON + CMD,
                "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
                "values.yaml": values,
                "templates/pod.yaml": pod(source % optional),
                "templates/secret.yaml": template,
            }
            return mode(workload(chart))

        assert found("true", "secrets: {}\n") == "<absent>"
        assert found("false", "secrets: {}\n") == "<unknown>"
        assert found("true", "secrets: {MODE: a}\n") == "<unknown>"

    def test_only_what_comes_later_is_sure_against_it(self) -> None:
        settings = {"settings.yaml": config_map("settings", "MODE: map")}
        first, last = "{configMapRef: {name: settings}}", "{secretRef: {name: passwords}}"
        assert mode(deployed(f"envFrom: [{last}, {first}]", **settings)) == "map"
        assert mode(deployed(f"envFrom: [{first}, {last}]", **settings)) == "<unknown>"
        assert mode(deployed(f"envFrom: [{last}]\nenv: [{{name: MODE, value: pod}}]")) == "pod"

    def test_a_prefix_stands_before_every_name(self) -> None:
        settings = {"settings.yaml": config_map("settings", "MODE: map")}
        one = deployed("envFrom: [{prefix: APP_, configMapRef: {name: settings}}]", **settings)
        assert (mode(one), mode(one, "APP_MODE")) == ("image", "map")
        unread = deployed("envFrom: [{prefix: APP_, secretRef: {name: passwords}}]")
        assert (mode(unread), mode(unread, "APP_MODE")) == ("image", "<unknown>")

    def test_of_two_maps_with_the_same_name_the_one_of_the_namespace_counts(self) -> None:
        maps = {
            "one.yaml": config_map("settings", "MODE: one"),
            "two.yaml": config_map("settings", "MODE: two", "other"),
        }
        assert mode(deployed(self.SETTINGS, **maps)) == "one"
        assert mode(deployed(self.SETTINGS, **maps, **{"three.yaml": config_map("settings", "MODE: 3")})) == "<unknown>"


class TestValues:
    @pytest.mark.parametrize(
        "variable",
        [
            "valueFrom: {secretKeyRef: {name: passwords, key: MODE}}",
            "valueFrom: {fieldRef: {fieldPath: metadata.name}}",
            "value: '{{ .Values.mode }}'",
            "value: $(OTHER)/app",
        ],
    )
    def test_what_only_the_cluster_knows_is_unknown(self, variable: str) -> None:
        assert mode(deployed(f"env: [{{name: MODE, {variable}}}]")) == "<unknown>"

    def test_a_variable_without_a_value_is_empty(self) -> None:
        assert mode(deployed("env: [{name: MODE}]")) == ""


class TestImage:
    def test_the_environment_of_the_builder_stage_stays_there(self) -> None:
        builder = "FROM python:3.12 AS build\nENV MODE=build\n"
        assert mode(image(builder + PYTHON + "COPY --from=build /app /app\n" + CMD)) == "<absent>"

    def test_the_environment_of_the_stage_below_is_inherited(self) -> None:
        assert mode(image("FROM python:3.12-slim AS base\nENV MODE=base\nFROM base\n" + CMD)) == "base"

    def test_the_environment_of_another_image_of_the_repository_is_inherited(self) -> None:
        files = {"base/Dockerfile": PYTHON + "ENV MODE=base\n", "api/Dockerfile": "FROM example/base:1\n" + CMD}
        (one, _) = workloads({**files, "pod.yaml": pod("image: example/api:1")})
        assert mode(one) == "base"

    def test_an_argument_gives_its_default(self) -> None:
        assert mode(image(PYTHON + "ARG MODE=argument\nENV MODE=$MODE\n" + CMD)) == "argument"
        assert mode(image(PYTHON + "ARG MODE=argument\n" + CMD)) == "<absent>"
        assert mode(image(PYTHON + "ARG MODE\nENV MODE=$MODE\n" + CMD)) == "<unknown>"

    def test_an_unknown_base_image_may_set_anything(self) -> None:
        assert mode(image("FROM registry.example.com/python:1\n" + CMD)) == "<unknown>"
        assert mode(image("FROM registry.example.com/python:1\nENV MODE=image\n" + CMD)) == "image"

    def test_a_template_that_cannot_be_read_may_deploy_it(self) -> None:
        files = {"Dockerfile": PYTHON + CMD, "chart/Chart.yaml": "name: shop\n"}
        template = "{{{{ if }}}}\napiVersion: v1\nkind: Pod\nenv:\n- name: {}\n"
        assert mode(workload({**files, "chart/templates/pod.yaml": template.format("MODE")})) == "<unknown>"
        assert mode(workload({**files, "chart/templates/pod.yaml": template.format("OTHER")})) == "<absent>"


class TestEntryScripts:
    POD = "env: [{name: MODE, value: pod}]"

    def test_an_exported_variable_is_over_everything(self) -> None:
        assert mode(scripted("export MODE=script\nexec python app.py", self.POD)) == "script"

    def test_a_default_is_used_only_where_the_manifest_sets_nothing(self) -> None:
        script = "export MODE=${MODE:-script}\nexec python app.py"
        assert mode(scripted(script, self.POD)) == "pod"
        assert mode(scripted(script, "")) == "script"
        assert mode(scripted(script)) == "<unknown>"

    def test_without_export_a_variable_reaches_the_program_only_if_it_was_there(self) -> None:
        script = "MODE=script\nexec python app.py"
        assert mode(scripted(script, self.POD)) == "script"
        assert mode(scripted(script, "")) == "<absent>"
        assert mode(scripted(script)) == "<unknown>"

    def test_a_variable_in_front_of_a_command_is_for_that_command(self) -> None:
        assert mode(scripted("MODE=script exec python app.py", self.POD)) == "script"
        assert mode(scripted("MODE=script python migrate.py\nexec python app.py", self.POD)) == "pod"

    @pytest.mark.parametrize("line", ["unset MODE", "export MODE=$(choose)", ". /etc/settings"])
    def test_a_script_can_make_it_unknown(self, line: str) -> None:
        assert mode(scripted(f"{line}\nexec python app.py", self.POD)) == "<unknown>"

    def test_a_file_of_settings_that_is_not_in_the_repository_may_set_any_variable(self) -> None:
        assert mode(scripted(". /etc/settings\nexec python app.py", "")) == "<unknown>"
        assert mode(scripted(". /etc/settings\nexport MODE=script\nexec python app.py", "")) == "script"
        assert mode(scripted(". /venv/bin/activate\nexec python app.py", "")) == "<absent>"

    def test_a_script_that_is_started_by_another_sees_its_exports(self) -> None:
        files = {"Dockerfile": PYTHON + 'CMD ["./one.sh"]\n', "one.sh": "export MODE=one\nexec ./two.sh\n"}
        assert mode(workload({**files, "two.sh": "exec python app.py\n"})) == "one"
        assert mode(workload({**files, "two.sh": "export MODE=${MODE}-two\nexec python app.py\n"})) == "one-two"

    def test_env_as_a_program_sets_variables_too(self) -> None:
        line = 'CMD ["env", "-u", "OTHER", "MODE=command", "python", "app.py"]\n'
        one = image(PYTHON + "ENV MODE=image OTHER=image\n" + line)
        assert (mode(one), mode(one, "OTHER")) == ("command", "<unknown>")


def test_is_set_tells_absent_from_unknown() -> None:
    assert deployed("").environment.is_set("MODE") is True
    assert deployed("").environment.is_set("OTHER") is False
    assert deployed("envFrom: [{secretRef: {name: passwords}}]").environment.is_set("OTHER") is None
