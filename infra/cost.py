#!/usr/bin/env python3
"""What a deployment costs in a month: prices of us-east-1 in November 2026 times what was measured.

    python3 infra/cost.py [--check docs/performance.md]

Counts for each changeset are those that `make figures` printed (docs/performance.md has them); what happens each minute
follows from the schedules. With --check, says whether the table in that page is this one.
"""

import sys

MINUTES = 30 * 24 * 60

# USD. A million of requests or units, a GB-second (arm64), a custom metric.
PRICE = {"put": 5.0, "get": 0.4, "write": 0.625, "read": 0.125, "sqs": 0.4, "invocation": 0.2, "gb_second": 13.3334e-6}
# What an account has for nothing, each month.
FREE = {"sqs": 1e6, "invocation": 1e6, "gb_second": 400_000}

# For each changeset, lists apart: measured.
CHANGESET = {"put": 2.0, "get": 1.0, "write": 13.0, "read": 4.0, "sqs": 1.0}
# A writing of the lists: objects put, window and status among them.
GENERATION = {"put": 10, "get": 3, "write": 4, "read": 8}
# Each minute: two schedules, their leases, cursor and counters, looks at the configuration.
MINUTE = {"put": 0, "get": 4, "write": 7, "read": 12, "sqs": 7}
# Lambda asks a queue about 15 times a minute although nothing is in it; there are three.
IDLE_POLLS = 3 * 15

# Milliseconds at 128 MB (MB and ms, measured on the local cloud, doubled for a smaller share of a processor).
GB_SECONDS_CHANGESET = 0.05 * 1.0
GB_SECONDS_GENERATION = 1.0 * 0.5
GB_SECONDS_MINUTE = 2 * 0.5 * 0.125


def month(changesets, publish_seconds, status_seconds=300):
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
        paid = max(0, count - FREE.get(name, 0))
        cost[name] = paid * PRICE[name] / (1 if name == "gb_second" else 1e6)
    return cost


def table():
    cases = [
        ("a country, 10,000 changesets a month, lists each minute", 10_000, 60),
        ("a country, 43,200 changesets a month, lists each minute", 43_200, 60),
        ("the same, lists every five minutes", 43_200, 300),
        ("the planet, 1,944,000 changesets a month, lists each minute", 1_944_000, 60),
    ]
    names = list(PRICE)
    lines = ["| | " + " | ".join(names) + " | USD a month |", "| --- |" + " --- |" * (len(names) + 1)]
    for title, changesets, publish_seconds in cases:
        cost = month(changesets, publish_seconds)
        lines.append(f"| {title} | " + " | ".join(f"{cost[name]:.2f}" for name in names) + f" | {sum(cost.values()):.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as page:
            if table() not in page.read():
                sys.exit(f"{sys.argv[2]} does not have this table:\n{table()}")
    else:
        print(table())
