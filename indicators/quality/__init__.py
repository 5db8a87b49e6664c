"""Data-quality rules: declared like indicators, evaluated at night, listed as 疑点数据."""
