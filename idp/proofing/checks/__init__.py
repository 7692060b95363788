"""Departments ask "is this so?": claimed, asked, concluded; a verdict and a receipt, no data.

`asking` is the road; `budgets` and `quotas` say how often it may be walked, `receipts` what
proves it, `batches` walks it many times, `history` shows it to whom it was about.
"""
