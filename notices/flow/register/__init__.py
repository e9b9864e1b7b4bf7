"""Register: holds, payments and earlier notices that clerks enter, and the accounts they belong to."""
