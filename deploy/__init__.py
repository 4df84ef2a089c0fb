"""What runs Cabas: image, Kubernetes, pipeline, roll-out."""
