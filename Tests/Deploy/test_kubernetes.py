"""What the API's schemas cannot check: whether the manifests fit each other, the image and the daemon."""

from __future__ import annotations

import re
import shutil

import pytest
import yaml
from program import run as ephemerald
from tools import DEPLOY, ROOT, passes

FOLDER = DEPLOY / "kubernetes"
MANIFESTS = {
    path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yaml") if path.stem != "kustomization"
}
#: Those that a cluster may need; a comment in kustomization.yaml has each of them.
OPTIONAL = {"ingress", "httproute", "podmonitor"}
POD = MANIFESTS["deployment"]["spec"]["template"]["spec"]
LABELS = MANIFESTS["deployment"]["spec"]["template"]["metadata"]["labels"]
(CONTAINER,) = POD["containers"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_kustomization_names_every_file():
    text = (FOLDER / "kustomization.yaml").read_text()
    kustomization = yaml.safe_load(text)
    assert sorted(kustomization["resources"]) == sorted(f"{name}.yaml" for name in MANIFESTS.keys() - OPTIONAL)
    assert set(re.findall(r"^  # - (\S+)\.yaml$", text, re.M)) == OPTIONAL
    assert [image["name"] for image in kustomization["images"]] == [CONTAINER["image"]]
    (generated,) = kustomization["configMapGenerator"]
    (sessions,) = (volume for volume in POD["volumes"] if volume["name"] == "sessions")
    assert sessions["configMap"]["name"] == generated["name"]
    for pair in generated["files"]:
        # A copy, because kustomize reads nothing outside its folder.
        copied = FOLDER / pair.partition("=")[2]
        assert copied.read_bytes() == (ROOT / "sessions" / copied.name).read_bytes()


@pytest.mark.parametrize("name", ["poddisruptionbudget", "networkpolicy", "service", "deployment"])
def test_every_selector_finds_the_pods(name):
    spec = MANIFESTS[name]["spec"]
    selector = spec.get("podSelector") or spec["selector"]
    assert selector.get("matchLabels", selector).items() <= LABELS.items()


@pytest.mark.parametrize("chosen", [set(), {"ingress"}, {"httproute"}, {"podmonitor"}, OPTIONAL], ids=", ".join)
def test_kubectl_builds_it(tmp_path, chosen):
    """By kubectl's own kustomize; Debian's has the oldest that people use."""
    folder = shutil.copytree(FOLDER, tmp_path / "kubernetes")
    file = folder / "kustomization.yaml"
    text = file.read_text()
    for name in chosen:
        text = text.replace(f"  # - {name}.yaml", f"  - {name}.yaml")
    file.write_text(text)
    built = [document for document in yaml.safe_load_all(passes("kubectl", "kustomize", folder)) if document]
    kinds = sorted(document["kind"] for document in built)
    whole = {name: manifest for name, manifest in MANIFESTS.items() if name not in OPTIONAL or name in chosen}
    assert kinds == sorted([manifest["kind"] for manifest in whole.values()] + ["ConfigMap"])
    (deployment,) = (document for document in built if document["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/ephemerald:0.1.0"


def test_kubectl_builds_the_overlay_of_the_readme(tmp_path):
    if "kustomizeVersion" not in passes("kubectl", "version", "--client", "--output", "json"):
        pytest.skip("the kustomize of this kubectl accepts no directories among its resources")
    (overlay,) = re.findall(r"(?ms)^```yaml\n(.*?)^```$", (FOLDER / "README.md").read_text())
    (tmp_path / "kustomization.yaml").write_text(overlay)
    shutil.copytree(FOLDER, tmp_path / "ephemerald/deploy/kubernetes")
    shutil.copy(FOLDER / "ingress.yaml", tmp_path)
    (tmp_path / "sessions").mkdir()
    for name in ("default", "shop"):
        shutil.copy(ROOT / "sessions/default.json", tmp_path / f"sessions/{name}.json")
    built = list(yaml.safe_load_all(passes("kubectl", "kustomize", tmp_path)))
    kinds = {document["kind"]: document for document in built if document["kind"] != "ConfigMap"}
    others = {manifest["kind"] for name, manifest in MANIFESTS.items() if name not in OPTIONAL} - {"ConfigMap"}
    assert kinds.keys() == others | {"Ingress"}
    maps = {document["metadata"]["name"]: document["data"] for document in built if document["kind"] == "ConfigMap"}
    assert maps["ephemerald-sessions"].keys() == {"default.json", "shop.json"}
    changed = {"ALLOWED_ORIGINS", "TRUSTED_PROXIES"}
    settings = MANIFESTS["settings"]["data"]
    assert {name for name, value in maps["ephemerald-settings"].items() if settings.get(name) != value} == changed
    (container,) = kinds["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.shop.example/ephemerald:0.1.0"


def test_both_ways_in_have_the_paths_of_the_proxies():
    """Those of nginx.conf: a path that ends with a slash is a prefix there."""
    locations = set(re.findall(r"location (?:= )?(/api/\S+)", (DEPLOY / "nginx.conf").read_text()))
    exact = {path for path in locations if not path.endswith("/")}
    prefixes = {path.rstrip("/") for path in locations - exact}
    service = MANIFESTS["service"]
    (rule,) = MANIFESTS["ingress"]["spec"]["rules"]
    ingress = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    (rule,) = MANIFESTS["httproute"]["spec"]["rules"]
    route = {(match["path"]["value"], match["path"]["type"]) for match in rule["matches"]}
    assert ingress == {(path, "Exact") for path in exact - prefixes} | {(path, "Prefix") for path in prefixes}
    assert route == {(path, kind.replace("Prefix", "PathPrefix")) for path, kind in ingress}
    # As in nginx.conf: the paths of calls are secrets.
    assert MANIFESTS["ingress"]["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
    (backend,) = rule["backendRefs"]
    (port,) = service["spec"]["ports"]
    assert backend == {"name": service["metadata"]["name"], "port": port["port"]}
    (removal,) = rule["filters"]
    assert {"Forwarded", "X-Auth-Request-User", "traceparent"} <= set(removal["requestHeaderModifier"]["remove"])


def test_prometheus_scrapes_what_is_open_to_it():
    spec = MANIFESTS["podmonitor"]["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]
    assert spec["selector"]["matchLabels"].items() <= LABELS.items()
    _, monitoring = MANIFESTS["networkpolicy"]["spec"]["ingress"]
    assert [port["port"] for port in monitoring["ports"]] == [endpoint["port"]]


def test_the_autoscaler_reads_a_metric_of_the_daemon():
    (pods, _) = MANIFESTS["horizontalpodautoscaler"]["spec"]["metrics"]
    assert f"`{pods['pods']['metric']['name']}`" in (DEPLOY / "metrics.md").read_text()


def test_the_end_fits_into_the_grace_period():
    settings = MANIFESTS["settings"]["data"]
    before = CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before + seconds(settings["DRAIN_TIMEOUT"]) < POD["terminationGracePeriodSeconds"]


def test_three_probes_ask_what_they_should():
    asked = {kind: CONTAINER[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: (get["path"], get["port"]) for kind, get in asked.items()} == {
        "startup": ("/api/health", "http"),
        "liveness": ("/api/health", "http"),
        "readiness": ("/api/health/ready", "http"),
    }


def test_ports_and_user_are_those_of_the_image_and_the_settings():
    ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
    assert ports["http"] == int(re.search(r"PORT=(\d+)", DOCKERFILE)[1])
    assert ports["operations"] == int(MANIFESTS["settings"]["data"]["OPS_PORT"])
    user = POD["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in DOCKERFILE
    for policy in MANIFESTS["networkpolicy"]["spec"]["ingress"]:
        assert {port["port"] for port in policy["ports"]} <= ports.keys()


def test_secrets_are_files_that_their_user_alone_reads():
    (secrets,) = (volume for volume in POD["volumes"] if volume["name"] == "secrets")
    # PyYAML reads 0440 as YAML 1.1 does, and so does Kubernetes: octal.
    assert secrets["secret"]["defaultMode"] == 0o440
    mounted = next(mount["mountPath"] for mount in CONTAINER["volumeMounts"] if mount["name"] == "secrets")
    assert all(variable["value"].startswith(mounted + "/") for variable in CONTAINER["env"])
    assert all(variable["name"].endswith("_FILE") for variable in CONTAINER["env"])


def test_the_daemon_accepts_the_settings(tmp_path):
    """As the pod would get them, with the files where the mounts would be."""
    (tmp_path / "key").write_text("sk-test-0123456789abcdef\n")
    (tmp_path / "salt").write_text("0123456789abcdef0123456789abcdef")
    (tmp_path / "key").chmod(0o400)
    files = {
        "HOST": "0.0.0.0",
        "SESSIONS_DIR": str(FOLDER / "sessions"),
        "OPENAI_API_KEY_FILE": str(tmp_path / "key"),
        "SAFETY_SALT_FILE": str(tmp_path / "salt"),
    }
    checked = ephemerald("check", directory=tmp_path, settings=MANIFESTS["settings"]["data"] | files)
    assert checked.returncode == 0, checked.stderr + checked.stdout
