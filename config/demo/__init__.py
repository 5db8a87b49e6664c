"""The demonstration: invented people in real places."""
