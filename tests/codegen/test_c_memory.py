"""The header states what memory is used: not a number more, and none is allocated in a step."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from string import Template

import pytest

from symbp import compiler
from tests.codegen.built import arrays, module, net, parted
from tests.codegen.networks import NETWORKS
from tests.codegen.test_c_bands import TINY
from tests.codegen.test_c_blocks import AWKWARD, WIDE
from tests.codegen.test_c_safety import SIZES, driver
from tests.codegen.test_c_threads import NETWORK

SHOWN = {
    "tiny": NETWORKS["dense"],
    "tiny, with state": TINY["clipped by norm, with moments"],
    "labels": NETWORKS["labels"],
    "blocks": AWKWARD["two layers"],
    "a penalty": AWKWARD["a penalty"],
    "convolution": NETWORKS["padded strided convolution"],
}
HARNESS = Template("""\
#undef NDEBUG
#include "$name.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64 };
static struct {
    unsigned char *at;
    size_t size;
} rooms[64], guarded[4];
static int many, guards, pattern, counting, allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations += counting;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += counting;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations += counting;
    return __real_realloc(memory, size);
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    assert(memory);
    rooms[many].at = memory;
    rooms[many++].size = count * size;
    return memory;
}

/* A workspace between guards. */
static void *workspace(size_t count, size_t size)
{
    unsigned char *memory = malloc(count * size + 2 * GUARD);
    assert(memory);
    memset(memory, 0x5a, count * size + 2 * GUARD);
    guarded[guards].at = memory;
    guarded[guards++].size = count * size;
    return memory + GUARD;
}

static void numbers($real *a, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        a[k] = ($real)((double)(k * 37 % 19) / 10.0 - 0.9);
    }
}

/* Before a call: the workspaces hold nothing but the pattern. */
static void begin(void)
{
    for (int k = 0; k < guards; k++) {
        memset(guarded[k].at + GUARD, pattern, guarded[k].size);
    }
    counting = 1;
}

static void end(int result)
{
    counting = 0;
    assert(result == 0);
}

/* Says what has been computed, what was allocated, and whether a guard was touched. */
static int told(void)
{
    for (int k = 0; k < many; k++) {
        for (size_t i = 0; i < rooms[k].size; i++) {
            printf("%02x", rooms[k].at[i]);
        }
    }
    for (int k = 0; k < guards; k++) {
        for (size_t i = 0; i < GUARD; i++) {
            if (guarded[k].at[i] != 0x5a || guarded[k].at[GUARD + guarded[k].size + i] != 0x5a) {
                fprintf(stderr, "a guard was touched\\n");
            }
        }
    }
    if (allocations > 0) {
        fprintf(stderr, "%d allocations\\n", allocations);
    }
    return 0;
}

int main(int count, char **words)
{
    pattern = atoi(words[count - 1]);
    $body
    return told();
}
""")
WRAPPED = "-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc"


def write(text: str, folder: Path, dtype: str = "float64", threads: int = 1) -> tuple[str, str]:
    """Write the C files of a network; return its name and a program that calls all of it."""
    network = net(text)
    files = compiler.emit(network, "c", dtype, threads=threads)
    for name, content in files.items():
        (folder / name).write_text(content)
    return network.name, driver(files[f"{network.name}.h"], network.name)


def harnessed(name: str, main: str, dtype: str) -> str:
    """Return the same program, in which the workspaces and the allocator are watched."""
    body = main.partition("int main(void)\n{\n")[2].rpartition("    return 0;")[0].strip()
    body = body.replace("work = room(", "work = workspace(")
    body = re.sub(r"assert\((\w+\(.*\)) == 0\);", r"begin();\n    end(\1);", body)
    real = {"float32": "float", "float64": "double"}[dtype]
    return HARNESS.substitute(name=name, real=real, body=body)


def built(folder: Path, name: str, main: str, *flags: str) -> None:
    (folder / "main.c").write_text(main)
    build = ["cc", "-std=c99", *flags, "main.c", f"{name}.c", "-o", "main", "-lm"]
    subprocess.run(build, cwd=folder, check=True)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", SHOWN)
def test_only_the_workspace_is_used_and_set_before_it_is_read(name: str, tmp_path: Path):
    text, dtype = SHOWN[name], "float32" if name == "labels" else "float64"
    name, main = write(text, tmp_path, dtype)
    built(tmp_path, name, harnessed(name, main, dtype), "-O1", WRAPPED)
    nan, numbers = (run(tmp_path, "./main", pattern) for pattern in ("255", "66"))
    assert (nan.returncode, nan.stderr) == (0, "")
    assert nan.stdout == numbers.stdout
    assert len(nan.stdout) > 100


def test_an_allocation_would_be_counted(tmp_path: Path):
    name, main = write(SHOWN["tiny"], tmp_path)
    code = (tmp_path / "xor.c").read_text()
    own = "#include <stdlib.h>\n#include <math.h>\nstatic void *volatile kept;"
    code = code.replace("#include <math.h>", own)
    code = code.replace(
        "    double loss_sum = 0.0;\n", "    kept = malloc(8);\n    double loss_sum = 0;\n"
    )
    (tmp_path / "xor.c").write_text(code)
    built(tmp_path, name, harnessed(name, main, "float64"), "-O1", WRAPPED)
    assert run(tmp_path, "./main", "0").stderr.endswith(" allocations\n")


ADDRESSES = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
MACRO = re.compile(r"^#define [A-Z]+_((?:PREDICT_)?WORKSPACE)\(N\) (.*)", re.M)
WORDS = "workspace of predict alone"
EXACT = {
    **{n: (text, 1) for n, text in SHOWN.items()},
    "a team": (NETWORK.format(optimizer="sgd"), 2),
}


@pytest.mark.parametrize("name", ["tiny, with state", "blocks", "a team"])
def test_the_sanitizer_finds_that_one_number_less_is_too_few(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(SIZES, "N", 80)  # all blocks are full
    text, threads = EXACT[name]
    network, main = write(text, tmp_path, threads=threads)
    team = ("-fopenmp",) if threads > 1 else ()
    built(tmp_path, network, main, *ADDRESSES, *team)
    done = run(tmp_path, "./main")
    assert (done.returncode, done.stderr) == (0, "")
    less, count = re.subn(
        r"room\((\w+_workspace_bytes\(.*?\)),", r"room(\1 - sizeof(double),", main
    )
    assert count == 1
    built(tmp_path, network, less, *ADDRESSES, *team)
    assert "heap-buffer-overflow" in run(tmp_path, "./main").stderr


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not there")
@pytest.mark.parametrize(
    "text", [SHOWN["tiny, with state"], SHOWN["blocks"]], ids=["rows", "blocks"]
)
def test_valgrind_finds_nothing(text: str, tmp_path: Path):
    name, main = write(text, tmp_path)
    main = re.sub(r"work = room\((.*), (.*?)\);", r"work = malloc(\1 * \2);", main)
    assert main.count("work = malloc(") == 2
    built(tmp_path, name, main, "-O2", "-g")  # not for this processor, which valgrind may not know
    done = run(tmp_path, "valgrind", "-q", "--error-exitcode=9", "./main")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_the_header_tells_the_bytes(text: str, dtype: str):
    network = net(text)
    header = compiler.emit(network, "c", dtype)[f"{network.name}.h"]
    stated = re.findall(r"^ \*     (.+?)  (.*)", header.partition("Memory in bytes:")[2], re.M)
    stated = stated[:4]  # how to make it again comes next
    told = {words.split(",")[0]: eval(size, {}, dict(SIZES)) for size, words in stated}
    numbers = {name: eval(size, {}, dict(SIZES)) for name, size in MACRO.findall(header)}
    width = {"float64": 8, "float32": 4}[dtype]
    for name, words in (("WORKSPACE", "workspace"), ("PREDICT_WORKSPACE", WORDS)):
        assert numbers[name] * width == max(told[words], width)  # an array has one element
    params = {n: v.astype(dtype) for n, v in parted(network, arrays(network, N=3))[0].items()}
    assert sum(v.nbytes for v in params.values()) == told["parameters"]
    state = module(network, dtype).init_state(params) if network.update is not None else {}
    assert sum(v.nbytes for v in state.values()) == told["state of the optimizer"]


def test_no_gradient_of_a_wide_layer_is_in_the_workspace():
    header = compiler.emit(net(WIDE.format(optimizer="adam")), "c", sizes={"N": 16})["wide.h"]
    whole = compiler.emit(
        net(WIDE.format(optimizer="adam") + "clip norm(1)"), "c", sizes={"N": 16}
    )["wide.h"]
    sizes = [int(re.search(r"WIDE_WORKSPACE \((\d+)\)", h)[1]) for h in (header, whole)]
    assert sizes[1] - sizes[0] > 300 * 200 / 3
