#: problem: add
#: expect: passed
```python
def add(a, b):
    """Add.

    ```
    add(1, 2)
    ```
    """
    return a + b
```
