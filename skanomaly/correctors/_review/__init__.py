"""Changes as a person sees them, decides about them, and has them applied."""
