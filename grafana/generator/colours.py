"""Colours: Okabe and Ito's palette, which people who are colour-blind can tell apart."""

GOOD = "#009E73"
WARNING = "#E69F00"
BAD = "#D55E00"
NEUTRAL = "#56B4E9"
MUTED = "#8C8C8C"

PROVIDERS = {"webshare": "#56B4E9", "weproxies": "#E69F00", "evomi": "#CC79A7"}
"""The same in every panel that shows providers side by side."""
