"""The reference identity store: what authorities know of people, companies and documents.

Four ports (`ports`), each with a local replica and remote authorities behind it; one
canonical answer (`results`). Nothing here knows an account.
"""
