"""The textbook: plain functions, arrays in, one `Estimate` out.

People stand on the last axis (NaN = not measured), cells such as groups on the leading ones. The functions know
no file, group, language or plot.
"""
