"""What generated outliers teach."""
