#: problem: solution_add_with_starter
#: expect: passed
```python
        return a + b
```
