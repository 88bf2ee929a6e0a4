"""Tables as integer codes and back, and what is written down about them."""
