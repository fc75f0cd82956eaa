"""A register: answers of very many groups in a few files, evaluated in parts by the same statistics as one group."""
