"""The room where pictures of strangers are opened: checked at the door, looked at behind bars."""
