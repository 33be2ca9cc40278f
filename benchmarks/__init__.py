# SPDX-License-Identifier: BSD-3-Clause
"""Speed of pyconv beside its peers: every row is checked first, then timed."""
