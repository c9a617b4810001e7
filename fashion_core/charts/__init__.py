"""Tidy frames, Plotly figures and Vega-Lite specs from plain arrays and events."""
