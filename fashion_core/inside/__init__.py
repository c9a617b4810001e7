"""What happens inside a network: layers and their arithmetic, where it looks, what it is like."""
