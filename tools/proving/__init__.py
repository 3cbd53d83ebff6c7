"""What the demo and the lab tests share: events whose truth is known, doors to what they use."""
