"""x"""
class FrontDoor:
    def __init__(self, port, store): pass
    async def listen(self, sock): pass
    async def close(self): pass
