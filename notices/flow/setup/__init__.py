"""Creation of a workspace, and checks of the machine it is on."""
