"""What face scans are for: proofing, sign-in, departments, proof of being alive."""
