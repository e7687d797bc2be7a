"""Brings an engine: run out of the plugin's wheel of ours, by a Python that fits, beside Krita.

It asks nobody anything and says how it goes in lines of JSON, of which the plugin makes words. It needs the standard
library, our protocol and the pip that came with the plugin, and nothing that has to be brought first.
"""
