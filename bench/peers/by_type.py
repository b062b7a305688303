"""Who is fastest in each type: rows of one network and type, at the least batch and with the best batch for each."""

import statistics

from peers import TYPES

EQUAL = 1e-5  # differences from float64 below this are those of float32, and none is the larger


def beside(ours, theirs, count_ours=lambda r: r.iterations, count_theirs=lambda r: r.iterations):
    """The median and least of the rounds' ratios, ours over theirs; () if there are none."""
    speed = lambda row, r, count: row.items * count(r) / r.seconds
    pairs = zip(ours.repetitions, theirs.repetitions)
    ratios = [speed(ours, a, count_ours) / speed(theirs, b, count_theirs) for a, b in pairs]
    return (statistics.median(ratios), min(ratios)) if ratios else ()


def rate(row):
    return statistics.median(row.rates())


def ratio(ours, theirs):
    """That of the rounds if they took turns, else that of the medians."""
    return beside(ours, theirs)[0] if ours.batch == theirs.batch else rate(ours) / rate(theirs)


def error(row):
    return max(row.figures["difference"]["value"], EQUAL)


def fastest(rows):
    return max(rows, key=rate, default=None)


def standing(rows, dtype, batch):
    """Of rows of one network: `ours`, `peer`, the fastest, and `fair`, the fastest whose error is no smaller than ours;
    None where there is no such row, or no row of a peer at all."""
    ours = fastest(r for r in rows if not r.peer and r.dtype == dtype)
    f32 = fastest(r for r in rows if not r.peer and r.dtype == "f32")
    peers = [r for r in rows if r.peer and r.dtype == dtype]
    peer, fair = fastest(peers), fastest(r for r in peers if ours and error(r) >= error(ours))
    if not peer:
        return None
    found = {"dtype": dtype, "batch": batch, "ours": ours, "peer": peer, "fair": fair, "ratios": {}}
    pairs = {"ratio": (ours, peer), "fair_ratio": (ours, fair), "f32_ratio": (f32, peer)}
    pairs |= {"times_f32": (ours, f32)} if ours is not f32 else {}
    found["ratios"] = {name: ratio(a, b) for name, (a, b) in pairs.items() if a and b}
    found["valid"] = not any(r.why for r in (ours, peer) if r)
    return found


def standings(rows):
    """For every network what is above, by type, at the least batch ("least") and with the best for each ("best")."""
    networks = {}
    for r in rows:
        if r.suite == "evaluations" and r.repetitions and not r.wrong and "difference" in r.figures:
            networks.setdefault((r.model, r.what, r.threads), []).append(r)
    for those in networks.values():
        least = [r for r in those if r.batch == min(t.batch for t in those)]
        for dtype in TYPES:
            for batch, of in (("least", least), ("best", those)) if len(least) < len(those) else (("best", those),):
                found = standing(of, dtype, batch)
                if found:
                    yield found


def report(found):
    """As an object of genbench's report, which names rows."""
    o = {name: found[name] for name in ("dtype", "batch", "valid")}
    return o | {name: found[name].name for name in ("ours", "peer", "fair") if found[name]} | found["ratios"]


# ---- The table ----

COLUMNS = ("network", "type", "gensample", "fastest peer", "times as fast", "at no larger error", "times our f32")


def told(row):
    """A row's figure, batch and error: the largest and the rms one, of the largest element."""
    if not row:
        return "none"
    largest, rms = (100 * row.figures[name]["value"] for name in ("difference", "rms"))
    who = f"{row.program}: " if row.peer else ""
    return f"{who}{rate(row):.4g} at {row.batch}, {largest:.2g} % off (rms {rms:.2g} %)"


def cells(found):
    ours, fair, ratios = found["ours"], found["fair"], found["ratios"]
    shown = lambda name: f"{ratios[name]:.2f}" if name in ratios else ""
    mark = "" if found["valid"] else " !"
    beside = shown("ratio") + mark if ours else f"(f32 {shown('f32_ratio')}{mark})"
    at_error = shown("fair_ratio") or ("none" if ours else "")
    at_error += f", {fair.program}" if fair and fair is not found["peer"] else ""
    batch = "" if found["batch"] == "best" else f", {found['peer'].batch}"
    whom = told(ours) if ours else "not in this build"
    return (found["peer"].model + batch, found["dtype"], whom, told(found["peer"]), beside, at_error, shown("times_f32"))


def table(rows):
    """Lines of Markdown; none if there is nothing to compare."""
    lines = [f"| {' | '.join(cells(found))} |" for found in standings(rows)]
    return [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *lines] if lines else []
