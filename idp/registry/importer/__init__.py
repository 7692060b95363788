"""Takes files of authorities into the replica: streaming, checked row by row, resumable."""
