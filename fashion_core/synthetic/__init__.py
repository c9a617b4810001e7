"""Drawings, photos and outliers made by chance, to train on beside Fashion-MNIST."""
