"""What the packaged program ``station`` runs first."""

from station.__main__ import main

main()
