"""From clips on disk to crops of faces: decoding, the face box, the apex frame."""
