"""table.py PROGRAM JSON: runs the cases of the benchmark, prints a table of what they measured beside the targets
and the best peer, and writes all of it as JSON. Instructions are counted where valgrind is. See tests/README.md."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys

PROGRAM, JSON_FILE = sys.argv[1:]
PEERS = "measured side by side on 2 virtual EPYC cores, g++ 12, -O2"
COUNTED_OPS = 100_000
SIMULATED = "--driver simulated"
NO_OP = "--driver no-op"

runs = []  # every line of JSON that the program printed
rows = []


def run(command):
    """What one case printed."""
    print(f"  {command}", file=sys.stderr)
    done = subprocess.run([PROGRAM, *command.split()], stdout=subprocess.PIPE, text=True, check=True)
    runs.append({"command": command, **json.loads(done.stdout)})
    return runs[-1]


def instructions(command):
    """Of one operation: what so many more of them add to the instructions of the program."""

    def collected(ops):
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        done = subprocess.run([*tool, PROGRAM, *command.split(), "--ops", str(ops)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return int(re.search(r"Collected : (\d+)", done.stderr)[1])

    print(f"  callgrind: {command}", file=sys.stderr)
    return (collected(2 * COUNTED_OPS) - collected(COUNTED_OPS)) / COUNTED_OPS


def add(what, value, unit, target=None, peer="–"):
    """A row; a target is what the value may be at most, or, with a minus sign, at least."""
    met = None if target is None else value <= target if target >= 0 else value >= -target
    rows.append({"what": what, "value": value, "unit": unit, "target": target, "met": met, "best_peer": peer})


def add_instructions(what, command, floor, target, peer):
    value = round(instructions(command) - instructions(floor), 1)
    add(what, value, "instructions", target, peer)


def count_instructions():
    def suballocate(what, options, target, peer):
        what = f"allocate + free, 10k live, {what}"
        add_instructions(what, f"suballocate {options}", f"null {options}", target, peer)

    suballocate("r256", "", 170, "OffsetAllocator 251, VMA 544")
    suballocate("raw, granule 256", "--sizes raw", 175, "VMA 1001")
    suballocate("raw, granule 16", "--sizes raw --granule 16", 240, "VMA 1001")
    suballocate("r256, MinMemory", "--strategy min-memory", 290, "VMA MIN_MEMORY 482")
    suballocate("r256, granularity 1024, kinds mixed", "--granularity 1024", 330, "–")
    add_instructions("memory, 10k live", f"memory {SIMULATED}", "null --hi 16", 400, "VMA 2275")
    add_instructions("VkBuffer create + destroy, above Vulkan's calls", f"buffers {NO_OP}", f"buffers-floor {NO_OP}",
                     600, "VMA 2470")


def measure_fill():
    for strategy, name, fills, shares, peers in [
        ("default", "", (-0.943, -0.970), (0.05, 4, 15, 26.5), ("VMA .934", "VMA .963", ".34", "8.26", "17.5", "28.0")),
        ("min-memory", ", MinMemory", (-0.945, -0.973), (0.02, 2.2, 12, 25.2),
         ("VMA .934", "VMA MIN_MEMORY .970", ".17", "6.30", "15.4", "25.5")),
    ]:
        for mib, target, peer in zip((4, 1), fills, peers[:2]):
            value = run(f"c2 --strategy {strategy} --hi {20 + mib // 2}")["fill_median"]
            add(f"c2, fill at first failure, to {mib} MiB{name}", value, "of 1 GiB", target, peer)
        for fill, target, peer in zip((0.85, 0.90, 0.94, 0.98), shares, peers[2:]):
            value = run(f"c3 --strategy {strategy} --fill {fill}")["failed_percent"]
            vma = "VMA MIN_MEMORY" if name else "VMA"
            add(f"c3, failed at fill {fill:.2f}{name}", value, "%", target, f"{vma} {peer}")


def measure_footprint():
    c1 = run(f"c1 {SIMULATED}")
    ratio = "peak_device_over_peak_live"
    add("c1, peak device / peak live", c1[ratio], "", 1.20, "VMA 1.4375")
    add("c1, steady device / live", c1["steady_device_over_live"], "", None, "VMA 1.440")
    add("c1, block creations", c1["vkAllocateMemory"], "", 40, "VMA 5")
    add("c1, blocks given back", c1["vkFreeMemory"], "")
    others = [run(f"c1 {SIMULATED} --seed {seed}")[ratio] for seed in range(1, 9)]
    add("c1, mean of seeds 1 to 8", round(statistics.mean(others), 4), "", 1.22)
    add("c1, two threads", run(f"c1 {SIMULATED} --threads 2")[ratio], "", 1.25)
    bookkeeping = run("bookkeeping")["bytes_per_live"]
    add("bookkeeping, 10k live", bookkeeping, "bytes each", 36, "OffsetAllocator 64, VMA 76–135")
    first = run(f"first-buffer {SIMULATED}")["device_bytes"] / 2**20
    add("device memory after the first buffer of 4 bytes", first, "MiB", 1, "VMA 32, vulkano 256")


def measure_times():
    passes = "--ops 200000 --passes 8"

    def times(what, command, peers):
        for live, peer in zip((1_000, 10_000, 100_000), peers):
            value = run(f"{command} --live {live} {passes}")
            rows.append({"what": f"{what}, {live // 1000}k live", "value": value["ns_per_pair_min"],
                         "median": value["ns_per_pair_median"], "unit": "ns min/median", "target": None, "met": None,
                         "best_peer": peer})

    times("allocate + free, r256", "suballocate", ("OffsetAllocator 39/39", "OffsetAllocator 39/39",
                                                   "OffsetAllocator 59/61"))
    times("allocate + free, raw", "suballocate --sizes raw", ("VMA 137/141", "VMA 140/142", "VMA 1670/2405"))
    times("allocate + free, r256, MinMemory", "suballocate --strategy min-memory",
          ("VMA MIN_MEMORY 65/73", "VMA MIN_MEMORY 89/94", "VMA MIN_MEMORY 257/384"))
    times("the same, BuddyAllocator", "suballocate-buddy", ("–", "–", "–"))
    times("FIFO", "fifo", ("OffsetAllocator 49", "OffsetAllocator 36", "OffsetAllocator 27"))
    times("FIFO, BumpAllocator", "suballocate-bump", ("VMA LINEAR 29", "VMA LINEAR 21", "VMA LINEAR 22"))
    times("LIFO", "lifo", ("VMA LINEAR 29", "OffsetAllocator 19", "OffsetAllocator 20"))
    for sizes, peer in (("raw", "VMA 122, OffsetAllocator (r256) 9.3"), ("r256", "VMA 4.6, OffsetAllocator 9.3")):
        latency = run(f"latency --sizes {sizes} {passes}")
        for name in ("p50", "p99", "p99.9", "p99.99"):
            add(f"one allocation, {sizes}, 100k live, {name}", latency[f"{name}_ns_median"], "ns")
        add(f"p99.9 / p50, {sizes}", latency["p99.9_over_p50_median"], "times", 10 if sizes == "raw" else None, peer)
    guards = run(f"guards {SIMULATED} --passes 8")
    add("read() / shared_mutex::lock_shared", guards["read_over_lock_shared_min"], "times", 1.0)
    add("write() / shared_mutex::lock", guards["write_over_lock_min"], "times", 1.0)


def measure_threads():
    def throughput(remote):
        ratios = []
        for _ in range(5):  # one after the other, so that what else the machine does changes little between them
            one, two = (run(f"memory {SIMULATED} --ops 400000 --passes 3 --remote {remote} --threads {threads}")
                        for threads in (1, 2))
            ratios.append(one["ns_per_pair_min"] / two["ns_per_pair_min"])
        return round(statistics.median(ratios), 2)

    add("memory, throughput of two threads / one", throughput(0), "times", -1.7, "VMA below 1")
    add("the same, one free in eight by the other", throughput(8), "times", -1.4, "VMA below 1")


def print_table():
    def cells(row):
        value = f"{row['value']:g}" + (f" / {row['median']:g}" if "median" in row else "")
        target = "" if row["target"] is None else ("<= " if row["target"] >= 0 else ">= ") + f"{abs(row['target']):g}"
        return row["what"], value, row["unit"], target, "MISSED" if row["met"] is False else "", row["best_peer"]

    lines = [("what", "ashlar", "unit", "target", "", f"best peer, {PEERS}"), *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(5)] + [0]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return found[1] if found else "unknown"


if shutil.which("valgrind"):
    count_instructions()
else:
    print("There is no valgrind: instructions are not counted", file=sys.stderr)
measure_fill()
measure_footprint()
measure_times()
measure_threads()
print_table()
with open(JSON_FILE, "w") as file:
    result = {"processor": processor(), "processors": os.cpu_count(), "peers": PEERS, "rows": rows, "runs": runs}
    json.dump(result, file, indent=1, ensure_ascii=False)
