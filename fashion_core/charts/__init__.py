"""Tidy frames and Plotly figures from plain arrays and events."""
