"""Tables of utilities: what each being gets from each option, from files, dataframes or recordings. Theory: E0."""
