"""A selection of combinations in which every pair of choices occurs, if it may."""
import itertools

CANDIDATES = 6


def cover(factors, allowed, rng, tries):
    """Combinations of one choice for each factor ({name: [choice, ...]}), such that any two choices of different factors that
    `allowed` lets go together are in one of them. Whether it lets them is found out by so many `tries`."""
    names = list(factors)
    pairs = [((a, x), (b, y)) for a, b in itertools.combinations(names, 2) for x in factors[a] for y in factors[b]]
    rng.shuffle(pairs)
    open_pairs = set(pairs)
    for pair in pairs:
        if pair not in open_pairs:
            continue
        best, best_new = None, None
        found = 0
        for _ in range(tries):
            case = {name: rng.choice(choices) for name, choices in factors.items()}
            case.update(pair)
            if not allowed(case):
                continue
            new = [p for p in itertools.combinations(case.items(), 2) if p in open_pairs]
            if best is None or len(new) > len(best_new):
                best, best_new = case, new
            found += 1
            if found == CANDIDATES:
                break
        if best is None:
            open_pairs.discard(pair)
        else:
            open_pairs.difference_update(best_new)
            yield best
