#!/usr/bin/env python3
"""Measures op times on this machine's GPU with PyTorch, and writes a stepcast device profile (stepcast-profile/1).

    python3 profile_torch.py -o my-gpu.json              # about 3 minutes
    python3 profile_torch.py --quick -o my-gpu.json      # about 30 seconds
    python3 profile_torch.py --dry-run                   # lists what it would measure; needs no PyTorch

Needs PyTorch with CUDA (or ROCm) and nothing else. Times are those of CUDA events around a batch of equal kernels, the
median of several batches, so that what the host does between kernels does not count; what the host needs to issue one is
`dispatch.nodeSeconds`. With several GPUs in the machine, copies from the first to the second are `exchange`.

Use the file in a scenario: `cluster.workers.profile: my-gpu.json`.
"""

import argparse
import json
import math
import platform
import statistics
import sys
import time

FORMAT = "stepcast-profile/1"

# Names of element types: stepcast's and PyTorch's, with bytes per element.
DTYPES = {"float32": ("float32", 4), "float16": ("float16", 2), "bfloat16": ("bfloat16", 2)}


def count(shape):
    return math.prod(shape)


class Case:
    """One kernel to be measured: what it is called in stepcast's graphs, its tensors and what it asks of the device.

    `make(torch, device, dtype)` returns a function without arguments that runs the kernel once.
    """

    def __init__(self, op, kind, dtype, inputs, outputs, flops, make, gemm=None, note=None, types=None,
                 out_types=None, read=None, written=None):
        self.op, self.kind, self.dtype = op, kind, dtype
        self.inputs, self.outputs, self.flops = inputs, outputs, flops
        self.make, self.gemm, self.note = make, gemm, note
        self.types = types or [dtype] * len(inputs)
        # Bytes that the kernel reads and writes, where they are not all inputs and outputs.
        self.read, self.written = read, written
        self.out_types = out_types or [dtype] * len(outputs)

    @staticmethod
    def bytes_of(shapes, types):
        sizes = {"int64": 8, **{name: size for name, (_, size) in DTYPES.items()}}
        return sum(count(shape) * sizes[of] for shape, of in zip(shapes, types))

    def record(self, seconds=None, spread=None, runs=None):
        entry = {
            "op": self.op,
            "class": self.kind,
            "dtype": self.dtype,
            "inputs": [{"dtype": of, "shape": list(shape)} for shape, of in zip(self.inputs, self.types)],
            "outputs": [{"dtype": of, "shape": list(shape)} for shape, of in zip(self.outputs, self.out_types)],
            "flops": self.flops,
            "bytesRead": self.read or self.bytes_of(self.inputs, self.types),
            "bytesWritten": self.written or self.bytes_of(self.outputs, self.out_types),
        }
        if self.gemm is not None:
            entry["gemm"] = self.gemm
        if self.note is not None:
            entry["note"] = self.note
        if seconds is not None:
            entry["seconds"] = float(f"{seconds:.4g}")
            entry["spreadSeconds"] = float(f"{spread:.3g}")
            entry["runs"] = runs
        return entry

    def title(self):
        shapes = " ".join("x".join(map(str, shape)) for shape in self.inputs)
        return f"{self.op} {self.dtype} {shapes}"


def tensor(torch, device, dtype, shape):
    return torch.randn(shape, device=device, dtype=getattr(torch, DTYPES[dtype][0])) * 0.1


def products(dtype, quick):
    """Matrix products: squares, tall and flat ones, and batches of small ones as in attention."""
    sides = [256, 1024, 4096] if quick else [128, 256, 512, 1024, 1536, 2048, 3072, 4096, 6144, 8192]
    shapes = [(1, side, side, side) for side in sides]
    others = [
        (1, 16, 4096, 4096), (1, 64, 4096, 4096), (1, 256, 4096, 1024), (1, 2048, 1024, 4096), (1, 2048, 4096, 1024),
        (1, 8192, 1024, 1024), (1, 8192, 3072, 1024), (1, 8192, 1024, 64), (1, 1000, 2048, 64), (1, 4096, 50304, 1024),
        (1, 2048, 2560, 10240), (1, 4096, 12288, 3072), (1, 512, 512, 32768), (1, 64, 1024, 25088),
        (96, 128, 128, 64), (192, 512, 512, 64), (192, 512, 64, 512), (64, 2048, 2048, 128), (64, 2048, 128, 2048),
    ]
    for batch, m, n, k in shapes + (others[::4] if quick else others):
        left, right, out = (m, k), (k, n), (m, n)
        if batch > 1:
            left, right, out = (batch, *left), (batch, *right), (batch, *out)

        def make(torch, device, left=left, right=right):
            a, b = tensor(torch, device, dtype, left), tensor(torch, device, dtype, right)
            return lambda: torch.matmul(a, b)

        gemm = {"m": m, "n": n, "k": k, **({"count": batch} if batch > 1 else {})}
        yield Case("MatMul", "matmul", dtype, [left, right], [out], 2 * batch * m * n * k, make, gemm)


def convolutions(dtype, quick):
    """Convolutions of planes and both of their gradients."""
    shapes = [  # batch, channels, side, filters, kernel, stride
        (32, 3, 224, 64, 7, 2), (32, 64, 56, 64, 1, 1), (32, 64, 56, 64, 3, 1), (32, 64, 56, 256, 1, 1),
        (32, 256, 56, 128, 1, 2), (32, 128, 28, 128, 3, 1), (32, 512, 28, 128, 1, 1), (32, 256, 14, 256, 3, 1),
        (32, 1024, 14, 256, 1, 1), (32, 512, 7, 512, 3, 1), (32, 512, 7, 2048, 1, 1), (16, 64, 224, 64, 3, 1),
        (16, 128, 112, 128, 3, 1), (64, 192, 17, 192, 5, 1), (8, 256, 64, 256, 3, 2), (128, 64, 32, 128, 3, 1),
    ]
    for batch, channels, side, filters, kernel, stride in shapes[::4] if quick else shapes:
        pad = (kernel - 1) // 2
        out = (side + 2 * pad - kernel) // stride + 1
        x, w, y = (batch, channels, side, side), (filters, channels, kernel, kernel), (batch, filters, out, out)
        positions, patch = batch * out * out, channels * kernel * kernel
        flops = 2 * positions * patch * filters
        note = f"stride {stride}, padding {pad}"
        kind = "conv3x3" if kernel == 3 and stride == 1 else "conv"

        def forward(torch, device, x=x, w=w, stride=stride, pad=pad):
            a, b = tensor(torch, device, dtype, x), tensor(torch, device, dtype, w)
            return lambda: torch.nn.functional.conv2d(a, b, stride=stride, padding=pad)

        def gradient(of, torch, device, x, w, y, stride, pad):
            a, b, dy = (tensor(torch, device, dtype, shape) for shape in (x, w, y))
            mask = [of == "input", of == "filter", False]
            return lambda: torch.ops.aten.convolution_backward(
                dy, a, b, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask
            )

        def to_input(torch, device, x=x, w=w, y=y, stride=stride, pad=pad):
            return gradient("input", torch, device, x, w, y, stride, pad)

        def to_filter(torch, device, x=x, w=w, y=y, stride=stride, pad=pad):
            return gradient("filter", torch, device, x, w, y, stride, pad)

        yield Case("Conv", kind, dtype, [x, w], [y], flops, forward, {"m": positions, "n": filters, "k": patch}, note)
        yield Case("ConvInputGrad", kind, dtype, [y, w], [x], flops, to_input,
                   {"m": positions, "n": patch, "k": filters}, note)
        yield Case("ConvFilterGrad", kind, dtype, [y, x], [w], flops, to_filter,
                   {"m": filters, "n": patch, "k": positions}, note)


def attentions(dtype, quick):
    """Attention in one kernel, where the library has one."""
    shapes = [(8, 12, 128, 64), (8, 12, 512, 64), (4, 16, 1024, 64), (2, 16, 2048, 128), (1, 32, 4096, 128)]
    for batch, heads, length, size in shapes[::2] if quick else shapes:
        shape = (batch, heads, length, size)

        def make(torch, device, shape=shape):
            q, k, v = (tensor(torch, device, dtype, shape) for _ in range(3))
            return lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v)

        scores = batch * heads * length * length
        yield Case("Attention", "matmul", dtype, [shape] * 3, [shape], scores * (4 * size + 5), make,
                   {"m": length, "n": length, "k": size, "count": 2 * batch * heads}, "not causal")


def rows(dtype, quick):
    """Ops on rows: normalisation, softmax, sums."""
    shapes = [(512, 768), (4096, 1024), (8192, 4096), (16384, 512), (4096, 30522), (98304, 512)]
    for shape in shapes[::3] if quick else shapes:
        width, elements = shape[1], count(shape)

        def normal(torch, device, shape=shape, width=width):
            x = tensor(torch, device, dtype, shape)
            scale, shift = tensor(torch, device, dtype, (width,)), tensor(torch, device, dtype, (width,))
            return lambda: torch.nn.functional.layer_norm(x, (width,), scale, shift)

        def soft(torch, device, shape=shape):
            x = tensor(torch, device, dtype, shape)
            return lambda: torch.softmax(x, -1)

        def summed(torch, device, shape=shape):
            x = tensor(torch, device, dtype, shape)
            return lambda: x.sum(0)

        # Mean and deviation of each row are written too, in float32.
        moments = (shape[0], 1)
        yield Case("LayerNormalization", "vector", dtype, [shape, (width,), (width,)], [shape, moments, moments],
                   8 * elements, normal, out_types=[dtype, "float32", "float32"])
        yield Case("Softmax", "vector", dtype, [shape], [shape], 5 * elements, soft)
        yield Case("ReduceSum", "vector", dtype, [shape], [(width,)], elements, summed, note="over rows")


def elements(dtype, quick):
    """Ops on elements, copies and look-ups, by size."""
    sizes = [2**10, 2**16, 2**20, 2**24, 2**26]
    one = {"Add": ("add", 2, 1), "Mul": ("mul", 2, 1), "Relu": ("relu", 1, 1), "Tanh": ("tanh", 1, 1),
           "Sigmoid": ("sigmoid", 1, 1)}
    for size in sizes[::2] if quick else sizes:
        for op, (name, operands, flops) in one.items():

            def make(torch, device, name=name, operands=operands, size=size):
                values = [tensor(torch, device, dtype, (size,)) for _ in range(operands)]
                act = getattr(torch, name)
                return lambda: act(*values)

            yield Case(op, "vector", dtype, [(size,)] * operands, [(size,)], flops * size, make)

        def gelu(torch, device, size=size):
            x = tensor(torch, device, dtype, (size,))
            return lambda: torch.nn.functional.gelu(x)

        yield Case("Gelu", "vector", dtype, [(size,)], [(size,)], 5 * size, gelu)
        side = int(math.sqrt(size))

        def turned(torch, device, side=side):
            x = tensor(torch, device, dtype, (side, side))
            return lambda: x.t().contiguous()

        yield Case("Transpose", "data", dtype, [(side, side)], [(side, side)], 0, turned)

        def copied(torch, device, size=size):
            x, y = tensor(torch, device, dtype, (size,)), tensor(torch, device, dtype, (size,))
            return lambda: y.copy_(x)

        yield Case("Identity", "data", dtype, [(size,)], [(size,)], 0, copied, note="copy in device memory")
    for ids in [64, 4096] if quick else [64, 1024, 4096, 32768]:

        def looked_up(torch, device, ids=ids):
            table = tensor(torch, device, dtype, (50304, 1024))
            which = torch.randint(0, 50304, (ids,), device=device)
            return lambda: torch.nn.functional.embedding(which, table)

        # Only the rows that are looked up are read.
        read = ids * 8 + Case.bytes_of([(ids, 1024)], [dtype])
        yield Case("Gather", "data", dtype, [(50304, 1024), (ids,)], [(ids, 1024)], 0, looked_up,
                   types=[dtype, "int64"], read=read)


def updates(quick):
    """Optimizer updates of float32 parameters, in one kernel each where the library has it."""
    sizes = [2**16, 2**20, 2**24, 2**26]
    for size in sizes[::2] if quick else sizes:

        def descent(torch, device, size=size):
            w, g = tensor(torch, device, "float32", (size,)), tensor(torch, device, "float32", (size,))
            return lambda: w.add_(g, alpha=-1e-6)

        def momentum(torch, device, size=size):
            w, v, g = (tensor(torch, device, "float32", (size,)) for _ in range(3))

            def act():
                v.mul_(0.9).add_(g)
                w.add_(v, alpha=-1e-6)

            return act

        def adam(torch, device, size=size):
            w = torch.nn.Parameter(tensor(torch, device, "float32", (size,)))
            w.grad = torch.randn_like(w)
            try:
                optimizer = torch.optim.Adam([w], lr=1e-6, fused=True)
            except (RuntimeError, TypeError):
                optimizer = torch.optim.Adam([w], lr=1e-6)
            return optimizer.step

        flat = (size,)
        yield Case("ApplyGradientDescent", "vector", "float32", [flat] * 2, [flat], 2 * size, descent)
        yield Case("ApplyMomentum", "vector", "float32", [flat] * 3, [flat], 4 * size, momentum, note="three kernels",
                   written=8 * size)
        yield Case("ApplyAdam", "vector", "float32", [flat] * 3 + [()] * 2 + [flat], [flat], 12 * size, adam,
                   read=16 * size, written=12 * size)


def cases(dtypes, quick):
    for dtype in dtypes:
        for family in (products, convolutions, attentions, rows, elements):
            yield from family(dtype, quick)
    yield from updates(quick)


def timed(torch, act, budget):
    """Seconds of one run: median over batches between two events; half of the distance between the quartiles; batches."""
    for _ in range(3):
        act()
    torch.cuda.synchronize()
    began = time.perf_counter()
    act()
    torch.cuda.synchronize()
    once = max(time.perf_counter() - began, 1e-6)
    inner = max(1, min(200, int(2e-3 / once)))
    batches = max(5, min(30, int(budget / (inner * once))))
    found = []
    for _ in range(batches):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(inner):
            act()
        end.record()
        end.synchronize()
        found.append(start.elapsed_time(end) / 1000 / inner)
    low, middle, high = statistics.quantiles(found, n=4)
    return middle, (high - low) / 2, batches


def dispatch_seconds(torch, device):
    """What the host needs to issue one small kernel: the rate at which it does without waiting for them."""
    x = torch.zeros(1, device=device)
    best = math.inf
    for _ in range(5):
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(500):
            x.add_(1)
        best = min(best, (time.perf_counter() - began) / 500)
    torch.cuda.synchronize()
    return best


def copy_rate(torch, source, target, size=2**28):
    """Bytes per second of a large copy; host memory is pinned."""
    a = torch.empty(size, dtype=torch.uint8, device=source, pin_memory=source == "cpu")
    b = torch.empty(size, dtype=torch.uint8, device=target, pin_memory=target == "cpu")
    best = math.inf
    for _ in range(6):
        torch.cuda.synchronize()
        began = time.perf_counter()
        b.copy_(a, non_blocking=True)
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return size / best


def exchange(torch):
    """Latency and bandwidth of copies from the first GPU to the second."""
    a, b = torch.zeros(1, device="cuda:0"), torch.zeros(1, device="cuda:1")
    best = math.inf
    for _ in range(200):
        torch.cuda.synchronize(0)
        torch.cuda.synchronize(1)
        began = time.perf_counter()
        b.copy_(a)
        torch.cuda.synchronize(1)
        best = min(best, time.perf_counter() - began)
    return {"latencySeconds": best, "bytesPerSecond": copy_rate(torch, "cuda:0", "cuda:1")}


def memory_curve(torch, device, quick):
    """Bytes per second of additions, by the bytes of all three operands."""
    points = []
    for power in range(18, 31, 4 if quick else 2):
        size = 2**power // 12
        a, b, c = (torch.zeros(size, device=device) for _ in range(3))
        seconds, _, _ = timed(torch, lambda: torch.add(a, b, out=c), 0.05)
        points.append({"bytes": 12 * size, "bytesPerSecond": 12 * size / seconds})
    return points


def measure(options):
    try:
        import torch
    except ImportError:
        sys.exit("profile_torch.py needs PyTorch: https://pytorch.org (--dry-run does not)")
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no GPU; this script measures GPUs only")
    device = "cuda:0"
    torch.backends.cudnn.benchmark = True
    if options.tf32:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    facts = torch.cuda.get_device_properties(0)
    software = [f"torch {torch.__version__}", f"cuda {torch.version.cuda or getattr(torch.version, 'hip', None)}",
                f"cudnn {torch.backends.cudnn.version()}", f"python {platform.python_version()}"]
    if options.tf32:
        software.append("float32 products in tf32")
    kernels = []
    todo = list(cases(options.dtypes, options.quick))
    with torch.no_grad():
        for done, case in enumerate(todo, 1):
            print(f"\r{done}/{len(todo)} {case.title():<70.70}", end="", file=sys.stderr)
            try:
                act = case.make(torch, device)
                kernels.append(case.record(*timed(torch, act, 0.02 if options.quick else 0.1)))
                del act
            except RuntimeError as error:  # too large for this GPU, or no kernel for the type
                print(f"\n  left out: {str(error).splitlines()[0]}", file=sys.stderr)
                torch.cuda.empty_cache()
        print(file=sys.stderr)
        profile = {
            "format": FORMAT,
            "device": {
                "id": options.id or "".join(c if c.isalnum() else "-" for c in facts.name.lower()).strip("-"),
                "name": facts.name,
                "kind": "GPU",
                "memoryBytes": facts.total_memory,
                "software": software,
            },
            "dispatch": {"nodeSeconds": dispatch_seconds(torch, device), "stepSeconds": 0},
            "memory": memory_curve(torch, device, options.quick),
            "host": {
                "toDeviceBytesPerSecond": copy_rate(torch, "cpu", device),
                "fromDeviceBytesPerSecond": copy_rate(torch, device, "cpu"),
            },
        }
        if torch.cuda.device_count() > 1:
            profile["exchange"] = exchange(torch)
    profile["kernels"] = kernels
    return profile


def write(profile, path):
    """A line per kernel, so that profiles can be read and compared."""
    kernels = profile.pop("kernels")
    head = json.dumps(profile, indent=2)[: -len("\n}")]
    lines = ",\n".join(f"    {json.dumps(kernel)}" for kernel in kernels)
    text = f'{head},\n  "kernels": [\n{lines}\n  ]\n}}\n'
    if path == "-":
        sys.stdout.write(text)
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        print(f"{len(kernels)} kernels written to {path}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="Measures op times on a GPU and writes a stepcast device profile.")
    parser.add_argument("-o", "--output", default="profile.json", help="where to write; - is standard output")
    parser.add_argument("--id", help="name of the device in scenarios (default: from the GPU's name)")
    parser.add_argument("--dtypes", nargs="+", choices=list(DTYPES), default=["float32", "float16", "bfloat16"])
    parser.add_argument("--tf32", action="store_true", help="let products of float32 run in tf32")
    parser.add_argument("--quick", action="store_true", help="fewer shapes and runs")
    parser.add_argument("--dry-run", action="store_true", help="print what would be measured, one JSON object a line")
    options = parser.parse_args()
    if options.dry_run:
        for case in cases(options.dtypes, options.quick):
            print(json.dumps(case.record()))
        return
    write(measure(options), options.output)


if __name__ == "__main__":
    main()
