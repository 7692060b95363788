"""The page of a scan, as whoever sits before the camera of a film goes through it.

The person of the film turns to both sides and does nothing else, and says so, as anybody may
who cannot nod or blink.
"""

LONGEST = 95_000  # ms; no scan lives longer
END = "face-scan:is([stage=passed], [stage=refused], [stage=ended])"
_WORDS = {
    "zh": (("点头", "张嘴", "眨眼"), ("同意并继续", "打开摄像头", "开始刷脸")),
    "en": (
        ("Nod", "Open my mouth", "Blink"),
        ("I agree, continue", "Turn on the camera", "Start the scan"),
    ),
}


def begin(page, language="zh"):
    """Agree, leave out what the film's person does not do, and begin."""
    unable, buttons = _WORDS[language]
    page.locator("face-scan summary").click()
    for movement in unable:
        page.get_by_label(movement, exact=True).check()
    for name in buttons:
        page.get_by_role("button", name=name, exact=True).click()


def end(page):
    """Wait until it is over; return how it ended: passed, refused or ended."""
    page.wait_for_selector(END, timeout=LONGEST)
    return page.locator("face-scan").get_attribute("stage")


def perform(page, language="zh"):
    begin(page, language)
    return end(page)


def said(page):
    """Return what the component says, for whoever wonders why it is not what it should be."""
    return page.locator("face-scan").inner_text()
