"""What the demo and the lab tests share: events whose truth is known, and doors to Kafka, Druid, henge and the lab."""
