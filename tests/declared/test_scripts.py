"""Scripts as people write them elsewhere: lists with keys, lines that are read, options, subshells."""

from __future__ import annotations

import pytest

from runback.declared import Declared, Files, read
from runback.model import SourceFile


def files(**texts: str) -> tuple[SourceFile, ...]:
    """Files by path; '__' stands for '/', and '.sh' is added to a name without an ending."""
    paths = {name: name.replace("__", "/").replace("_yml", ".yml") for name in texts}
    return tuple(
        SourceFile(path=path if "." in path else f"{path}.sh", text=texts[name])
        for name, path in paths.items()
    )


def said(found: tuple[Declared, ...]) -> list[str]:
    return [
        " ".join(filter(None, (one.kind, one.app.shown, one.name.shown, one.value.shown))) for one in found
    ]


def called(command: str, **others: str) -> Files:
    """What a job of CI declares that runs `command`."""
    body = "".join(f"          {line}\n" for line in command.splitlines())
    config = SourceFile(
        path=".circleci/config.yml", text=f"jobs:\n  deploy:\n    steps:\n      - run: |\n{body}"
    )
    return read((config, *files(**others)))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('declare -A v=([A]=x ["B"]="http://y:1")\nfor k in "${!v[@]}"; do cf se web "$k" "${v[$k]}"; done',
         ["variable web A x", "variable web B http://y:1"]),
        ('declare -A v\nv[A]=x\nv["B"]=$Y\nfor k in "${!v[@]}"; do cf se web "$k" "${v[$k]}"; done',
         ["variable web A x", "variable web B ${Y}"]),
        ('n=(a b)\nfor i in "${!n[@]}"; do cf bs web "${n[$i]}"; done', ["service web a", "service web b"]),
        ('n=(a b)\nfor ((i=0; i<${#n[@]}; i++)); do cf bs web "${n[i]}"; done',
         ["service web a", "service web b"]),
        ('n=(a b c); cf bs web "${n[-1]}"; cf bs web ${n[@]:1:1}', ["service web c", "service web b"]),
        ('n=(a b); n[1]=c; for x in "${n[@]/#/db-}"; do cf bs web $x; done',
         ["service web db-a", "service web db-c"]),
        ('n=(a b); for x in "${n[@]/%/-dev}"; do cf bs web $x; done',
         ["service web a-dev", "service web b-dev"]),
        ('f() { cf bs "$1" "${@:2}"; }; f web db', ["service web db"]),
        ('n=(); f() { cf bs web db "${n[@]+"${n[@]}"}"; }; f', ["service web db"]),
        ("for i in {1..2} $(seq 3 4); do cf bs web n$i; done",
         ["service web n1", "service web n2", "service web n3", "service web n4"]),
        ("while read -r n plan; do cf bs web $n; done <<EOF\na x\nb y\nEOF",
         ["service web a", "service web b"]),
        ('printf "%s\\n" a b | while read -r n; do cf bs web $n; done', ["service web a", "service web b"]),
        ("IFS=, read -ra n <<< a,b; for x in ${n[@]}; do cf bs web $x; done",
         ["service web a", "service web b"]),
        ("mapfile -t n <<EOF\na\nb\nEOF\nfor x in ${n[@]}; do cf bs web $x; done",
         ["service web a", "service web b"]),
        ("echo a b | xargs -n1 cf bs web", ["service web a", "service web b"]),
        ("echo a | xargs -I{} cf bs web db-{}", ["service web db-a"]),
        ("cat <<EOF | xargs -n 1 cf bs web\na\nEOF", ["service web a"]),
        ('eval "cf bs web db"\nc="cf bs web redis"; eval $c', ["service web db", "service web redis"]),
        ("timeout -k 5 10m cf bs web a; sudo -E cf bs web b; env X=1 nice -n 5 cf bs web c",
         ["service web a", "service web b", "service web c"]),
        ('retry() { local n=$1; shift; until "$@"; do sleep 1; done; }; retry 3 cf bs web db',
         ["service web db"]),
        ("x=$(cf bs web db 2>&1) || exit 1; echo `cf bs web redis`", ["service web db", "service web redis"]),
        ("(a=b; exit 1)\ncf bs web db$a", ["service web db${a}"]),
        ("if [ $1 = x ]; then shift; fi; cf bs web $1", []),
        ("while true; do if [ $1 = x ]; then break; else break; fi; done; cf bs web db", ["service web db"]),
        ("a=(db); [ -n $X ] && a+=(redis); for x in ${a[@]}; do cf bs web $x; done", ["service web db"]),
        ("cf scale web -i 3 -m 1G; cf scale web --process worker -i 2",
         ["setting web instances 3", "setting web memory 1G", "setting web worker instances 2"]),
        ("cf set-env web A 1\ncf set-env web A 2", ["variable web A 2"]),
        ('cf map-route web example.com --hostname="$H" --path=/x', ["route web ${H}.example.com/x"]),
        ("if (( $# > 1 )); then cf bs web a; fi; set -- 1 2; (( $# > 1 )) && cf bs web b",
         ["service web a", "service web b"]),
        ("cf set-env web A x\r\nfor n in B C; do\r\n  cf set-env web $n x\r\ndone\r\n",
         ["variable web A x", "variable web B x", "variable web C x"]),
    ],
)  # fmt: skip
def test_a_script_of_somebody_else(script: str, expected: list[str]) -> None:
    assert said(read(files(deploy=script)).alone) == expected


OPTIONS = {
    "by hand": """while [[ $# -gt 0 ]]; do
  case "$1" in
    -a|--app) app="$2"; shift 2 ;;
    --env=*) env="${1#*=}"; shift ;;
    *) shift ;;
  esac
done
""",
    "until no more":
        'while (( $# )); do\n case "$1" in\n --app) app=$2; shift;;\n --env=*) env=${1#--env=};;\n esac\n'
        "shift\ndone\n",
    "for ever":
        'while true; do\n case "$1" in\n --app) app=$2; shift 2;;\n --env=*) env=${1#*=}; shift;;\n'
        "*) break;;\n esac\ndone\n",
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_options_come_from_the_jobs_that_call_the_script(name: str) -> None:
    script = OPTIONS[name] + 'cf bind-service "$app" "db-$env"\n'
    assert said(called("bash deploy.sh --app web --env=staging", deploy=script).called) == [
        "service web db-staging"
    ]


def test_getopts_reads_the_options_that_a_job_gives() -> None:
    script = """while getopts "a:e:v" option; do
  case "$option" in a) app=$OPTARG ;; e) env=$OPTARG ;; v) set -x ;; esac
done
shift $((OPTIND - 1))
cf bind-service "$app" "$1-$env"
"""
    assert said(called("bash deploy.sh -v -a web -estaging db", deploy=script).called) == [
        "service web db-staging"
    ]


def test_a_script_that_only_leads_to_others_is_followed() -> None:
    library = 'names=(A B)\nput() { for n in "${names[@]}"; do cf set-env "$1" "$n" "${!n}"; done; }\n'
    script = 'here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\n. "$here/lib/names.sh"\nput web\n'
    found = read(files(bin__deploy=script, bin__lib__names=library))
    assert said(found.alone) == ["variable web A ${A}", "variable web B ${B}"]
    assert [(one.path, one.line) for one in found.alone] == [("bin/lib/names.sh", 1)] * 2
    assert not found.unread


def test_each_push_takes_the_manifest_of_its_own_folder() -> None:
    manifests = {
        f"{name}__manifest_yml": f"applications:\n- name: {name}\n  memory: {name}\n" for name in ("a", "b")
    }
    script = "(cd a && cf push)\npushd b; cf push; popd\ncd a; cf push c; cd -; cd b; cf push d\n"
    assert said(called(script, **manifests).called) == [
        "setting a memory a", "setting b memory b", "setting c memory a", "setting d memory b"
    ]  # fmt: skip


def test_what_nobody_can_tell_is_said_with_its_line() -> None:
    script = """source ./settings.sh
. ~/.profile
while read -r name; do cf set-env web "$name" x; done < <(jq -r keys[] env.json)
eval "$(cat more)"
cf push web -f "$MANIFEST"
cf push web --vars-file vars.json
"""
    found = read(files(deploy=script, manifest_yml="applications: [{name: web}]\n"))
    assert {(one.line, one.reason) for one in found.unread} == {
        (1, "what ./settings.sh sets, which was not read"),
        (3, "which variable ${name} is, of cf set-env"),
        (4, "what eval runs"),
        (5, "what the manifest ${MANIFEST} says, which was not read"),
        (6, "what the variables file vars.json says, which was not read"),
    }


def test_what_is_said_of_it_holds_nothing_of_the_commands_in_it() -> None:
    script = (
        'source <(curl -u me:hunter2 x)\ncf bs web "$(curl -u me:hunter2 x)"\ncf push -f "$(cat hunter2)"\n'
    )
    found = read(files(deploy=script))
    assert len(found.unread) == 3
    assert "hunter2" not in " ".join(one.reason for one in found.unread)


def test_the_line_of_a_syntax_error_is_where_it_is() -> None:
    found = read(files(deploy="cf set-env web A 1\ncf bs web db\nif [ x = ; then\n  cf bs web x\nfi\n"))
    assert said(found.alone) == ["variable web A 1", "service web db"]
    assert [one.line for one in found.unread] == [3]


HOSTILE = {
    "eval in eval": 'a=\'eval "$a"\'\neval "$a"',
    "for ever": "while true; do a+=(x); cf bs web x; done",
    "for ever by number": "for ((i=0; i<999999999; i++)); do cf bs web $i; done",
    "ranges": "for a in {1..9999}; do for b in {1..9999}; do cf bs web $a$b; done; done",
    "keys": "declare -A m\n" + "\n".join(f"m[k{n}]=v" for n in range(4000))
    + "\nfor k in ${!m[@]}; do cf se web $k x; done",
    "lines": "while read -r a; do while read -r b; do cf bs web $a; done <<E\n" + "x\n" * 3000
    + "E\ndone <<F\n" + "y\n" * 3000 + "F",
    "xargs": "echo " + "x " * 9000 + "| xargs -n1 xargs -n1 xargs cf bs web",
    "itself in $( )": "f() { x=$(f; f; cf bs web x); }\nf",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_script_ends_soon(name: str) -> None:
    import time

    began = time.process_time()
    read(files(deploy=HOSTILE[name] + "\ncf push\n"))
    assert time.process_time() - began < 10
