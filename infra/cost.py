#!/usr/bin/env python3
"""What a deployment costs in a month: prices of us-east-1 in November 2026 times what happens.

    python3 infra/cost.py [--check docs/performance.md]

Puts and requests for each changeset are rounded from what `make figures` printed (docs/performance.md has it). Units of the
table, what happens each minute, puts of a generation and GB-seconds are reckoned from the code and were not measured.
With --check, says whether the table in that page is this one.
"""

import sys

MINUTES = 30 * 24 * 60

# USD. A million of requests or units, a GB-second (arm64), a custom metric.
PRICE = {"put": 5.0, "get": 0.4, "write": 0.625, "read": 0.125, "sqs": 0.4, "invocation": 0.2, "gb_second": 13.3334e-6}
# What an account has for nothing, each month.
FREE = {"sqs": 1e6, "invocation": 1e6, "gb_second": 400_000}

# For each changeset, lists apart, with the default `documents` (page and analysis). Write units are reckoned: three puts of
# a row, of one unit as a rule, in the table and twice (leave and enter) in each of the two indexes, less at the first.
CHANGESET = {"put": 2.0, "get": 1.3, "write": 13.0, "read": 3.5, "sqs": 1.0}
# A writing of the lists: objects put, window and status among them.
GENERATION = {"put": 10, "get": 3, "write": 4, "read": 8}
# Each minute: two schedules, their leases, cursor and counters, looks at the configuration.
MINUTE = {"put": 0, "get": 3, "write": 6, "read": 10, "sqs": 6}
# Lambda asks a queue about 15 times a minute although nothing is in it, as others report; there are three.
IDLE_POLLS = 3 * 15

# Rough: durations seen on the local cloud, eight times as long with an eighth of a processor (128 MB), times memory in GB.
GB_SECONDS_CHANGESET = 0.05 * 8 / 8 + 0.01 * 8 * 0.125
GB_SECONDS_GENERATION = 4.0 * 0.5
GB_SECONDS_MINUTE = 2 * 0.2 * 8 * 0.125


def month(changesets, publish_seconds, capacity_is_free=False, status_seconds=300):
    a_minute = changesets / MINUTES
    # A minute without a changeset has no generation (Poisson).
    generations = min(MINUTES * 60 / publish_seconds, changesets, MINUTES * (1 - 2.718281828 ** -a_minute) * 60 / publish_seconds)
    statuses = MINUTES * 60 / status_seconds
    used = {}
    for name in PRICE:
        used[name] = (
            changesets * CHANGESET.get(name, 0) + generations * GENERATION.get(name, 0) + MINUTES * MINUTE.get(name, 0)
        )
    used["put"] += 2 * statuses
    used["read"] += 40 * statuses
    used["sqs"] += MINUTES * IDLE_POLLS
    used["invocation"] = 2 * MINUTES + changesets * 0.3 + generations * 2
    used["gb_second"] = (
        changesets * GB_SECONDS_CHANGESET + generations * GB_SECONDS_GENERATION + MINUTES * GB_SECONDS_MINUTE
    )
    cost = {}
    for name, count in used.items():
        # 25 provisioned units of each are free in an account (`billing = "provisioned"`).
        free = count if capacity_is_free and name in ("write", "read") else FREE.get(name, 0)
        paid = max(0, count - free)
        cost[name] = paid * PRICE[name] / (1 if name == "gb_second" else 1e6)
    return cost


def table():
    cases = [
        ("a country of 10,000 changesets a month, by default", 10_000, 300, False),
        ("the same, with free provisioned capacity", 10_000, 300, True),
        ("a country of 43,200 changesets a month, by default", 43_200, 300, False),
        ("the same, with free provisioned capacity", 43_200, 300, True),
        ("the same, lists each minute", 43_200, 60, True),
        ("the planet, 1,944,000 changesets a month, lists each minute", 1_944_000, 60, False),
    ]
    names = list(PRICE)
    lines = ["| | " + " | ".join(names) + " | USD a month |", "| --- |" + " --- |" * (len(names) + 1)]
    for title, changesets, publish_seconds, capacity_is_free in cases:
        cost = month(changesets, publish_seconds, capacity_is_free)
        lines.append(f"| {title} | " + " | ".join(f"{cost[name]:.2f}" for name in names) + f" | {sum(cost.values()):.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as page:
            if table() not in page.read():
                sys.exit(f"{sys.argv[2]} does not have this table:\n{table()}")
    else:
        print(table())
