"""What clerks register: holds, history, payments and the accounts they belong to."""
