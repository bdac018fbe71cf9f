"""What is measured of data, network and training, never judged."""
